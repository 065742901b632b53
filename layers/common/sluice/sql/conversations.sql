-- name: load_conversation
-- One row a message, newest last; one row without a message for an empty conversation.
select
    conversation.id as conversation_id,
    conversation.title,
    conversation.created_at as begun_at,
    conversation.updated_at,
    message.*
from conversation
left join lateral (
    select id, role, content, citations, model, finish_reason, prompt_tokens, completion_tokens, created_at
    from message
    where message.conversation_id = conversation.id
    order by id desc
    limit %(last)s
) as message on true
where conversation.id = %(id)s and conversation.tenant = %(tenant)s
order by message.id;

-- name: begin_conversation
insert into conversation (id, tenant, title)
values (%(id)s, %(tenant)s, %(title)s)
on conflict (id) do update set updated_at = now()
where conversation.tenant = excluded.tenant
returning id;

-- name: append_message
insert into message (
    id, conversation_id, role, content, citations, model, finish_reason, prompt_tokens, completion_tokens
)
values (
    %(id)s, %(conversation_id)s, %(role)s, %(content)s, %(citations)s, %(model)s, %(finish_reason)s,
    %(prompt_tokens)s, %(completion_tokens)s
)
on conflict (id) do nothing;
