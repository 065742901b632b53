"""The real parts behind the ports; the only importers of psycopg, litellm, boto3 and the parsers."""
