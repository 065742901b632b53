-- What the words of a question are searched by, in a function: a session plans it once, and not with every search.

-- `wanted` finds the chunks with the question's rarest words, as many as `budget` rows allow; `weights` ranks by all of
-- them. The words are taken as each language of the tenant's texts has them. In other languages than its own the
-- question is `content_words`: its function words are none there, and would count as rare.
create function sluice_question(
    of_tenant text, own_language text, question text, content_words text, budget float8,
    out wanted tsquery, out weights sparsevec
)
language plpgsql stable parallel safe as $$
begin
    with asked as (
        select lexeme, max(cardinality(positions)) as repeats
        from spoken_language
        cross join unnest(
            sluice_lexemes(language::regconfig, case when language = own_language then question else content_words end)
        )
        where tenant = of_tenant
        group by lexeme
        union all
        -- The empty word stands in every chunk.
        select '', 0
    ),
    word as materialized (
        select
            lexeme,
            repeats,
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
    term as (
        select
            sluice_term(word.lexeme) as dimension,
            sum(word.repeats * ln(1 + greatest(every.chunks - word.chunks + 0.5, 0.5) / (word.chunks + 0.5))) as weight
        from word
        join word as every on every.lexeme = ''
        where word.chunks > 0 and word.lexeme <> ''
        group by 1
    ),
    by_rarity as (
        select lexeme, row_number() over rarest as position, sum(chunks) over rarest as fetched
        from word
        where chunks > 0 and lexeme <> ''
        window rarest as (order by chunks, lexeme)
    )
    select
        (
            select string_agg(quote_literal(lexeme), ' | ')::tsquery
            from by_rarity
            where position = 1 or fetched <= budget
        ),
        (
            select ('{' || string_agg(dimension || ':' || weight, ',' order by dimension) || '}/536870912')::sparsevec
            from term
        )
    into wanted, weights;
end $$;
