-- Words in the language of their text, and words of scripts that don't part them.

-- In which languages, as text search configurations, a tenant's chunks were ever read: a question is read in each.
create table spoken_language (
    tenant text not null,
    language text not null,
    primary key (tenant, language)
);

insert into spoken_language (tenant, language) select distinct tenant, 'english' from document;

-- Chinese, Japanese, Korean, Thai, Lao, Burmese and Khmer, which are `unparted`: each two letters that stand together
-- make a word, and each Chinese character (`ideographs`) one of its own. Everything else stays as it is.
create function sluice_spaced(
    content text,
    unparted text default
        '\u0e01-\u0edf\u1000-\u109f\u1780-\u17d3\u3041-\u30fa\u30fc-\u9fff\uac00-\ud7a3\uf900-\ufaff\U00020000-\U0003ffff',
    ideographs text default '\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff'
) returns text
language sql immutable parallel safe
return case
    when octet_length(content) = length(content) or content !~ ('[' || unparted || ']') then content
    else (
        select string_agg(
            case
                when letters ~ ('^[' || unparted || ']') then
                    (
                        select string_agg(' ' || substr(letters, n, 2), '' order by n)
                        from generate_series(1, greatest(length(letters) - 1, 1)) as n
                    )
                    || regexp_replace(letters, '([' || ideographs || '])|.', ' \1', 'g') || ' '
                else letters
            end,
            '' order by place
        )
        from (
            select found[1] as letters, place
            from regexp_matches(content, '[' || unparted || ']+|[^' || unparted || ']+', 'g')
                with ordinality as matched (found, place)
        ) as run
    )
end;

-- As before, and the marks of Indian scripts and combining accents stay with their letters.
create or replace function sluice_lexemes(language regconfig, content text) returns tsvector
language sql immutable parallel safe
return to_tsvector(language, regexp_replace(sluice_spaced(content), '[^\w\u0300-\u036f\u0900-\u0dff]+|_+', ' ', 'g'));
