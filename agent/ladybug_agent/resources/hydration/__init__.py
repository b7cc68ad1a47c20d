"""Loading a volume that is still in S3: what is hot first, at high queue depth; then the rest."""
