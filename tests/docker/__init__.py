"""The Dockerfile carried out without Docker: reading it, a clean Debian, and what it makes."""
