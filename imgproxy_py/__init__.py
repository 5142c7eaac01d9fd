"""imgproxy-py: a self-hosted image optimization server."""
