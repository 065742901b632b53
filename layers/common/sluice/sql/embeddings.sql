-- name: embedding_space
select model, dimension, other_model, other_dimension, switched, known from embedding_space;

-- name: count_chunks
select coalesce(sum(chunks), 0) as chunks from document;

-- name: page_chunks
-- A page of all chunks in the order of their keys, with the content of those that lack their other vector.
with page as materialized (
    select id, embedding_other is null as is_missing
    from chunk
    where id > %(after)s
    order by id
    limit %(limit)s
)
select page.id, chunk.ordinal, chunk.content, chunk.start_offset as start, chunk.end_offset as end, chunk.heading
from page
left join chunk on chunk.id = page.id and page.is_missing
order by page.id;

-- name: fill_other_embeddings
-- Waits for nobody: a chunk that is locked is being deleted, or filled by another run.
with mine as materialized (
    select chunk.id, given.embedding
    from unnest(%(ids)s::uuid[], %(embeddings)s::text[]) as given (id, embedding)
    join chunk on chunk.id = given.id
    where chunk.embedding_other is null and (select other_model from embedding_space) = %(model)s
    for update of chunk skip locked
)
update chunk set embedding_other = mine.embedding::halfvec
from mine
where chunk.id = mine.id
returning chunk.id;

-- name: begin_embedding_change
select sluice_begin_embedding_change(%(model)s, %(dimension)s) as outcome;

-- name: require_other_embeddings
select sluice_require_other_embeddings();

-- name: switch_embeddings
select sluice_switch_embeddings(%(model)s) as outcome;

-- name: drop_other_embeddings
select sluice_drop_other_embeddings();

-- name: embedding_index_options
-- How fine its graph is: as that of the searched index, if an operator has set that; else finer than pgvector's among many
-- chunks, where that finds too little. `is_finer` says whether the searched index has less.
select coalesce(set_by_operator, fit) as options, set_by_operator is null and fit is not null as is_finer
from (
    select
        array_to_string(reloptions, ', ') as set_by_operator,
        case when (select sum(chunks) from document) >= %(many)s then %(finer)s end as fit
    from pg_class
    where oid = 'chunk_by_embedding'::regclass
) as index;

-- name: index_holds
select sluice_index_holds('chunk_by_embedding') as holds;

-- name: next_index
-- The index that is to take the place of the searched one, as far as it is built, and of which vectors it is.
select
    sluice_index_holds(indexrelid) as holds,
    position('embedding_other' in pg_get_indexdef(indexrelid)) > 0 as is_of_other
from pg_index
where indexrelid = to_regclass('chunk_by_embedding_next');

-- name: switch_index
select sluice_switch_index() as outcome;

-- name: other_index
-- Null where there is none, or where its build broke off.
select indexrelid::regclass::text as name from pg_index
where indexrelid = to_regclass('chunk_by_embedding_other') and indisvalid;
