-- Whom the owner of a database lets in. {user} is filled in by psycopg as a literal.

-- name: let_in
do $$
declare
    app constant text := {user};
    setting text;
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
    -- Migrations give their settings to whoever migrates; without the library loaded some of them are unknown names.
    perform '[0]'::vector;
    for setting in
        select unnest(setconfig) from pg_db_role_setting join pg_database on pg_database.oid = setdatabase
        where setrole = current_user::regrole and datname = current_database()
    loop
        execute format('alter role %I in database %I set %s to %L', app, current_database(),
            split_part(setting, '=', 1), substr(setting, strpos(setting, '=') + 1));
    end loop;
    execute format('alter role %I in database %I set idle_session_timeout to %L', app, current_database(),
        {idle_session}::text);
end $$;
