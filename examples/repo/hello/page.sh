#!/bin/sh
# The web server runs this for each request.
printf 'Content-Type: text/html; charset=utf-8\r\n\r\n'
printf '<!doctype html><title>skep</title><h1>%s</h1><p>served by %s</p>\n' \
  "$GREETING" "$(cat /etc/image)"
