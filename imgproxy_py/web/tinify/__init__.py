"""What tinify clients speak: `POST /shrink` and `/output/{id}`, in front of the same engine."""
