"""HTTP: the URL surface, stored results, pages; statuses and headers are decided only here."""
