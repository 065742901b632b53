-- Documents, their chunks, conversations. ${dimension} is the dimension of the configured embedding model.

create extension if not exists vector;

-- Which model made the stored vectors. One row: vectors of two models can't be compared.
create table embedding_space (
    single boolean primary key default true check (single),
    model text not null,
    dimension integer not null
);

create table document (
    id uuid primary key,
    tenant text not null,
    collection text not null,
    source text not null,
    title text not null,
    -- A deleted document is a tombstone: it outlives the late events of its object.
    status text not null check (status in ('pending', 'processing', 'ready', 'failed', 'deleted')),
    -- The bytes that status speaks of, and where their event stands among those of the key; empty when nobody said.
    etag text not null default '',
    sequencer text not null default '' collate "C",
    -- The chunks that readers see; null until a version was ready.
    version uuid,
    -- The chunks that are being written, and who may write them until when.
    staged uuid,
    claim uuid,
    claimed_until timestamptz,
    kind text,
    size bigint not null default 0,
    pages integer,
    chunks integer not null default 0,
    -- The progress of the work.
    step text,
    done integer,
    total integer,
    -- What embedding has taken: tokens and US dollars.
    tokens bigint not null default 0,
    cost double precision not null default 0,
    code text,
    reason text,
    metadata jsonb not null default '{}',
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now(),
    unique (tenant, source)
);

create index document_by_age on document (tenant, collection, id desc);

create table chunk (
    id uuid primary key,
    tenant text not null,
    document_id uuid not null references document on delete cascade,
    version uuid not null,
    ordinal integer not null,
    -- The address of heading and content: what has the same one has the same vector.
    digest uuid not null,
    content text not null,
    start_offset integer not null,
    end_offset integer not null,
    page integer,
    heading text,
    -- The words, for finding; and their BM25 weights, for ranking.
    lexemes tsvector not null,
    term_weights sparsevec not null,
    embedding halfvec(${dimension}) not null
);

-- Unique, so that no interrupted or repeated work doubles a chunk.
create unique index chunk_by_place on chunk (document_id, version, ordinal);
create index chunk_by_lexeme on chunk using gin (lexemes);
create index chunk_by_embedding on chunk using hnsw (embedding halfvec_cosine_ops);

-- In how many chunks of a tenant each lexeme stands. The empty lexeme counts all chunks, and in `positions` all words.
create table lexeme_count (
    tenant text not null,
    lexeme text not null,
    chunks bigint not null,
    positions bigint not null,
    primary key (tenant, lexeme)
);

-- What writers add to the counts: rows are only appended, so that no two writers wait for each other, and folded into
-- lexeme_count now and then.
create table lexeme_change (
    tenant text not null,
    lexeme text not null,
    chunks bigint not null,
    positions bigint not null
);

create index lexeme_change_by_lexeme on lexeme_change (tenant, lexeme);

-- The parser of text search reads paths, hosts and hyphenated words as units of their own; plain words rank better.
create function sluice_lexemes(language regconfig, content text) returns tsvector
language sql immutable parallel safe
return to_tsvector(language, regexp_replace(content, '[\W_]+', ' ', 'g'));

-- The dimension of a lexeme in a sparse vector: 29 bits of its MD5, the same on every server.
create function sluice_term(lexeme text) returns integer
language sql immutable parallel safe
return (('x' || left(md5(lexeme), 8))::bit(32)::integer & 536870911) + 1;

-- How many words a text search vector was made of.
create function sluice_length(lexemes tsvector) returns bigint
language sql immutable parallel safe
return (select coalesce(sum(cardinality(positions)), 0) from unnest(lexemes));

-- The part of BM25 that a chunk brings: tf * (k1 + 1) / (tf + k1 * (1 - b + b * length / average)), k1 = 1.2, b = 0.75
-- (Robertson and Zaragoza 2009, equation 3.15). The query brings the inverse document frequency.
create function sluice_term_weights(lexemes tsvector, average_length float8) returns sparsevec
language sql immutable parallel safe
return (
    with term as (
        select sluice_term(lexeme) as dimension, max(cardinality(positions))::float8 as frequency
        from unnest(lexemes)
        group by 1
    ),
    weighted as (
        select dimension, frequency, 1.2 * (0.25 + 0.75 * sum(frequency) over () / average_length) as saturation
        from term
    )
    select (
        '{' || coalesce(
            string_agg(dimension || ':' || (frequency * 2.2 / (frequency + saturation))::real, ',' order by dimension), ''
        ) || '}/536870912'
    )::sparsevec
    from weighted
);

-- The average length of a tenant's chunks, as far as it is known.
create function sluice_average_length(of_tenant text) returns float8
language sql stable parallel safe
return (
    select sum(positions)::float8 / nullif(sum(chunks), 0)
    from (
        select chunks, positions from lexeme_count where tenant = of_tenant and lexeme = ''
        union all
        select chunks, positions from lexeme_change where tenant = of_tenant and lexeme = ''
    ) as counted
);

create function sluice_count_lexemes() returns trigger language plpgsql as $$
begin
    insert into lexeme_change (tenant, lexeme, chunks, positions)
    select tenant, lexeme, sign * count(*), sign * sum(cardinality(positions))
    from changed, unnest(lexemes), (values (case when tg_op = 'INSERT' then 1 else -1 end)) as direction (sign)
    group by tenant, lexeme, sign
    union all
    select tenant, '', sign * count(*), sign * sum(sluice_length(lexemes))
    from changed, (values (case when tg_op = 'INSERT' then 1 else -1 end)) as direction (sign)
    group by tenant, sign;
    return null;
end $$;

create trigger chunk_inserted after insert on chunk
referencing new table as changed for each statement execute function sluice_count_lexemes();

create trigger chunk_deleted after delete on chunk
referencing old table as changed for each statement execute function sluice_count_lexemes();

create table conversation (
    id uuid primary key,
    tenant text not null,
    title text not null,
    created_at timestamptz not null default now(),
    updated_at timestamptz not null default now()
);

create index conversation_by_age on conversation (tenant, id desc);

create table message (
    id uuid primary key,
    conversation_id uuid not null references conversation on delete cascade,
    role text not null check (role in ('user', 'assistant')),
    content text not null,
    citations jsonb not null default '[]',
    model text,
    finish_reason text,
    prompt_tokens integer,
    completion_tokens integer,
    created_at timestamptz not null default now()
);

-- Keys are made in the order of time, so that this is also the order of the conversation.
create index message_in_order on message (conversation_id, id);

-- Settings live on the role, since a SET would pin an RDS Proxy session. They hold for new sessions.
do $$
declare
    setting text;
begin
    -- Without the library loaded in this session its settings are unknown names.
    perform '[0]'::vector;
    foreach setting in array array[
        'hnsw.iterative_scan = relaxed_order',
        'hnsw.ef_search = 100',
        'statement_timeout = 15000',
        'idle_in_transaction_session_timeout = 30000'
    ] loop
        execute format('alter role %I in database %I set %s', current_user, current_database(), setting);
    end loop;
end $$;
