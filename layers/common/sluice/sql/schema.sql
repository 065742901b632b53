-- name: applied_migrations
select name from schema_migration;

-- name: pgvector_versions
select default_version, installed_version from pg_available_extensions where name = 'vector';
