"""Timelines to look at: for a terminal (``strip``), PNG and SVG (``figure``), and a page that plays them (``page``)."""
