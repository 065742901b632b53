"""What goes over the wire to PostgreSQL, read and judged as RDS Proxy would."""
