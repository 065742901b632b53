-- Dates in the metadata of documents can be compared.

-- An ISO 8601 date or time as a moment, without an offset in UTC; null where the text is none.
create function sluice_moment(value text) returns timestamptz
language plpgsql stable parallel safe as $$
begin
    return case
        when value !~ '^\d{4}-\d{2}-\d{2}([T ]|$)' then null
        when value ~ '[T ].*(Z|[+-]\d{2}(:?\d{2})?)$' then value::timestamptz
        else value::timestamp at time zone 'UTC'
    end;
exception when data_exception then
    return null;
end $$;
