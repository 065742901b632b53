-- How searches are planned. As before, settings hold for new sessions of the role.

do $$
declare
    setting text;
begin
    foreach setting in array array[
        -- A page of an index costs hardly more than the next page of a table, in memory and on network storage alike.
        'random_page_cost = 1.1',
        -- Compiling a statement takes longer than most searches.
        'jit = off'
    ] loop
        execute format('alter role %I in database %I set %s', current_user, current_database(), setting);
    end loop;
end $$;
