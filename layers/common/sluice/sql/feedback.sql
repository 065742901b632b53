-- name: rate
-- Question, answer and passages are copied: the documents may change, and the judgement is of what was read then.
insert into feedback (message_id, tenant, owner, rating, comment, question, answer, model, passages)
select
    answer.id, conversation.tenant, conversation.owner, %(rating)s, %(comment)s, question.content, answer.content,
    answer.model,
    coalesce((
        select jsonb_agg(
            jsonb_build_object(
                'document_id', item ->> 'document_id', 'source', item ->> 'source', 'title', item ->> 'title',
                'content', coalesce(chunk.content, item ->> 'quote'), 'start', (item ->> 'start')::integer,
                'page', (item ->> 'page')::integer,
                'cited', exists (
                    select from jsonb_array_elements(answer.citations) as cited where cited -> 'id' = item -> 'id'
                )
            )
            order by (item ->> 'id')::integer
        )
        from jsonb_array_elements(answer.sources) as shown (item)
        left join document on document.id = (item ->> 'document_id')::uuid and document.tenant = conversation.tenant
        left join lateral (
            select content from chunk
            where chunk.document_id = document.id and chunk.version = document.version
                and chunk.start_offset = (item ->> 'start')::integer
            limit 1
        ) as chunk on true
    ), '[]')
from message as answer
join conversation on conversation.id = answer.conversation_id
join message as question on question.id = answer.parent_id
where answer.id = %(message_id)s and answer.role = 'assistant' and answer.finish_reason is not null
    and conversation.tenant = %(tenant)s and conversation.owner = %(owner)s
on conflict (message_id, owner) do update set
    rating = excluded.rating, comment = excluded.comment, created_at = now()
returning message_id;

-- name: page_of_feedback
select message_id, owner, rating, comment, question, answer, model, passages, created_at
from feedback
where tenant = %(tenant)s and (created_at, message_id, owner) > (%(after)s, %(after_id)s, %(after_owner)s)
order by created_at, message_id, owner
limit %(limit)s;
