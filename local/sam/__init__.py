"""`sam local` with this machine's PostgreSQL, S3 and SQS: AWS's emulator in containers that reach what listens here."""
