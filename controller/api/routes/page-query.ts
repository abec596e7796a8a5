export const PAGE_QUERY = {
  limit: 'Items a page, 1 to 500; 100 when absent.',
  cursor: '`next` of the page before.',
} as const;
