"""PostgreSQL with pgvector, reached so that RDS Proxy never has to pin a session."""
