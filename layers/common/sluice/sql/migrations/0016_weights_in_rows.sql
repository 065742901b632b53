-- The words' weights lie in their rows, as the searched vectors do: a search by words reads them of many chunks, and
-- those that lie apart take three times as long. Texts and lexemes make room. It holds for what is written from now on.

-- As before, and the dimension is that of the column: a new database names its model after its migrations only.
create or replace function sluice_lay_out() returns void language plpgsql as $$
declare
    needed integer := 2 * (
        select atttypmod from pg_attribute where attrelid = 'chunk'::regclass and attname = 'embedding'
    ) + 1000;
begin
    alter table chunk
        alter embedding set storage main,
        alter embedding_other set storage external,
        alter term_weights set storage main;
    execute format(
        'alter table chunk set (toast_tuple_target = %s)',
        case when needed <= 2040 then 2040 when needed <= 2720 then 2720 when needed <= 4080 then 4080 else 8160 end
    );
end $$;

select sluice_lay_out();
