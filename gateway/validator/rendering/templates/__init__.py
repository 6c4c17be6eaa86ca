"""The templates of the page (HTML and its style) and of the PDF (Typst)."""
