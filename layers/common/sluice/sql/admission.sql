-- Whom the owner of a database lets in. {user} is filled in by psycopg as a literal.

-- name: let_in
do $$
declare
    app constant text := {user};
begin
    if not exists (select from pg_roles where rolname = app) then
        execute format('create role %I login', app);
    end if;
    -- Members of this role of RDS log in by IAM token; elsewhere there is no such role.
    if exists (select from pg_roles where rolname = 'rds_iam') and not pg_has_role(app, 'rds_iam', 'member') then
        execute format('grant rds_iam to %I', app);
    end if;
    execute format('grant connect on database %I to %I', current_database(), app);
    execute format('grant usage on schema public to %I', app);
    execute format('grant select, insert, update, delete on all tables in schema public to %I', app);
end $$;

-- name: know_settings
-- Without the library loaded in a session its settings are unknown names there.
select '[0]'::vector;

-- name: settings_of
-- Of a role in this database; of whoever asks where no role is named.
select split_part(setting, '=', 1) as name, substr(setting, strpos(setting, '=') + 1) as value
from pg_db_role_setting
join pg_database on pg_database.oid = setdatabase
join pg_roles on pg_roles.oid = setrole
cross join unnest(setconfig) as setting
where datname = current_database() and rolname = coalesce(%(role)s::text, current_user)
order by name;
