"""The story of one optimization, told once for both surfaces, jobs and the command line."""
