"""Where tables and roads come from: one module a kind of source; `read_*` a file, `fetch_*` the web."""
