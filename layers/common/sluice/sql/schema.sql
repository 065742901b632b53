-- name: applied_migrations
select name from schema_migration;
