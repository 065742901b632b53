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
    status text not null check (status in ('pending', 'processing', 'ready', 'failed')),
    -- The bytes that status speaks of.
    etag text not null default '',
    -- The chunks that readers see; null until a version was ready.
    version uuid,
    kind text,
    size bigint not null default 0,
    pages integer,
    chunks integer not null default 0,
    code text,
    reason text,
    metadata jsonb not null default '{}',
    claimed_until timestamptz,
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
    content text not null,
    start_offset integer not null,
    end_offset integer not null,
    page integer,
    heading text,
    lexemes tsvector not null generated always as (
        to_tsvector('english', coalesce(heading, '') || ' ' || content)
    ) stored,
    embedding halfvec(${dimension}) not null
);

create index chunk_by_document on chunk (document_id, version);
create index chunk_by_lexeme on chunk using gin (lexemes);
create index chunk_by_embedding on chunk using hnsw (embedding halfvec_cosine_ops);

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
