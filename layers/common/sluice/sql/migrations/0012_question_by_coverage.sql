-- Which chunks the words of a question are ranked among: those with the most of them, by weight, and no longer those
-- with the rarest. As before a session plans this once.
--
-- Chunks with several middling words often rank above those with one rare word, and are far fewer than the chunks with
-- any of them. So chunks are wanted whose words' inverse document frequencies come to a least sum: as small a one as
-- the budget allows, if words stood in chunks independently of each other.

-- The words as a text search query for that: `worth` is what the weights of a chunk's words must come to. `rest` holds
-- the sum of the weights from each place on. Empty where nothing is needed, null where nothing suffices.
create function sluice_words_worth(worth float8, words text[], weights float8[], rest float8[], place integer default 1)
returns text
language plpgsql immutable parallel safe as $$
declare
    have text;
    lack text;
begin
    if worth <= 1e-9 then
        return '';
    elsif place > cardinality(words) or rest[place] < worth - 1e-9 then
        return null;
    end if;
    have := sluice_words_worth(worth - weights[place], words, weights, rest, place + 1);
    lack := sluice_words_worth(worth, words, weights, rest, place + 1);
    if have is null then
        return lack;
    end if;
    have := words[place] || case when have = '' then '' else ' & ' || have end;
    return case when lack is null then have else '(' || have || ' | ' || lack || ')' end;
end $$;

-- The least sum of weights that at most `budget` of `every` chunks come to; all of them where no sum is so rare.
-- `chunks` tells how many have each word.
create function sluice_least_worth(weights float8[], chunks float8[], every float8, budget float8) returns float8
language sql immutable parallel safe
return (
    with recursive subset (place, worth, expected) as (
        select 0, 0::float8, every
        union all
        select
            place + 1,
            worth + case when chosen then weights[place + 1] else 0 end,
            expected * case when chosen then chunks[place + 1] / every else 1 - chunks[place + 1] / every end
        from subset, (values (true), (false)) as choice (chosen)
        where place < cardinality(weights)
    ),
    reached as (
        select worth, sum(expected) over (order by worth desc) as chunks
        from subset
        where place = cardinality(weights)
    )
    select coalesce(min(worth) filter (where reached.chunks <= budget and worth > 0), max(worth)) from reached
);

-- `wanted` finds about as many chunks as `budget` says; `weights` ranks them by all words. The words are taken as each
-- language of the tenant's texts has them. In other languages than its own the question is `content_words`: its
-- function words are none there, and would count as rare.
create or replace function sluice_question(
    of_tenant text, own_language text, question text, content_words text, budget float8,
    out wanted tsquery, out weights sparsevec
)
language plpgsql stable parallel safe as $$
declare
    -- Reading 20,000 entries of the index takes a few milliseconds. Among more chunks the words that tell have more.
    most_read float8;
    most_words constant integer := 40;
    total float8;
    with_any float8;
    any_word text;
    choices text[];
    worths float8[];
    counts float8[];
    rests float8[];
begin
    select greatest(20000, least(sum(counted.chunks) / 5, 60000), budget) into most_read
    from (
        select chunks from lexeme_count where tenant = of_tenant and lexeme = ''
        union all
        select chunks from lexeme_change where tenant = of_tenant and lexeme = ''
    ) as counted;
    with spoken as (
        select language from spoken_language where tenant = of_tenant
    ),
    reading as (
        select
            lexeme,
            cardinality(positions) as repeats,
            case when language <> own_language then positions[1] end as place
        from spoken
        cross join unnest(
            sluice_lexemes(language::regconfig, case when language = own_language then question else content_words end)
        )
        union all
        -- Where each word stands, so that its forms in several languages count as one: no text has two of them.
        select lexeme, 0, positions[1]
        from spoken
        cross join unnest(sluice_lexemes(language::regconfig, content_words))
        where language = own_language and exists (select from spoken where language <> own_language)
    ),
    asked as (
        select lexeme, max(repeats) as repeats, min(place) as place from reading group by lexeme
        union all
        -- The empty word stands in every chunk.
        select '', 0, null
    ),
    word as materialized (
        select
            lexeme,
            repeats,
            place,
            (
                select coalesce(sum(counted.chunks), 0)::float8
                from (
                    select chunks from lexeme_count where tenant = of_tenant and lexeme = asked.lexeme
                    union all
                    select chunks from lexeme_change where tenant = of_tenant and lexeme = asked.lexeme
                ) as counted
            ) as chunks
        from asked
    ),
    -- BM25's inverse document frequency, in the form that never goes below zero.
    weighed as materialized (
        select
            word.lexeme, word.place, word.chunks, every.chunks as every,
            word.repeats * ln(1 + greatest(every.chunks - word.chunks + 0.5, 0.5) / (word.chunks + 0.5)) as weight
        from word
        join word as every on every.lexeme = ''
        where word.chunks > 0 and word.repeats > 0
    ),
    term as (
        select sluice_term(lexeme) as dimension, sum(weight) as weight from weighed group by 1
    ),
    concept as (
        select
            string_agg(quote_literal(lexeme), ' | ' order by lexeme) as words,
            sum(chunks) as chunks,
            sum(chunks * weight) / sum(chunks) as weight
        from weighed
        group by coalesce(place::text, lexeme)
    ),
    by_rarity as (
        select *, row_number() over rarest as position, sum(chunks) over rarest as read
        from concept
        window rarest as (order by chunks, words)
    ),
    readable as (
        select * from by_rarity where position <= 2 or read <= most_read and position <= most_words
    )
    select
        (select max(every) from weighed),
        (select sum(chunks) from concept),
        (select string_agg(words, ' | ') from concept),
        array_agg(words order by position),
        array_agg(weight order by position),
        array_agg(chunks order by position),
        (
            select ('{' || string_agg(dimension || ':' || weight, ',' order by dimension) || '}/536870912')::sparsevec
            from term
        )
    into total, with_any, any_word, choices, worths, counts, weights
    from readable;
    if with_any <= budget then
        wanted := any_word::tsquery;
    elsif with_any > budget then
        -- Of many words some are taken together, the commonest first: the query would grow too long.
        select
            array_agg(choice order by part desc), array_agg(worth order by part desc),
            array_agg(chunks order by part desc), array_agg(rest order by part desc)
        into choices, worths, counts, rests
        from (
            select *, sum(worth) over (order by part) as rest
            from (
                select
                    part,
                    '(' || string_agg(choice, ' | ' order by place) || ')' as choice,
                    sum(chunks * worth) / sum(chunks) as worth,
                    least(sum(chunks), total) as chunks
                from (
                    select
                        *,
                        ntile(case when cardinality(choices) > 8 then 6 else 8 end) over (order by place desc) as part
                    from unnest(choices, worths, counts) with ordinality as each (choice, worth, chunks, place)
                ) as single
                group by part
            ) as together
        ) as summed;
        wanted := sluice_words_worth(
            sluice_least_worth(worths, counts, total, budget), choices, worths, rests
        )::tsquery;
    end if;
end $$;
