-- name: begin_turn
-- One row a message of the path that the question follows, oldest first; one row without a message for an empty path.
with recursive known as (
    select
        id,
        -- When this is the second try of a statement that worked, the tip is our own answer already.
        case when tip = %(answer_id)s then (select parent_id from message where id = %(question_id)s) else tip end as tip
    from conversation
    where id = %(conversation_id)s and tenant = %(tenant)s and owner = %(owner)s
),
place as (
    select case when %(at_tip)s then (select tip from known) else %(parent_id)s::uuid end as parent_id
    where %(at_tip)s
       or %(parent_id)s::uuid is null
       or exists (
           select from message
           where id = %(parent_id)s and role = 'assistant' and conversation_id = (select id from known)
       )
),
opened as (
    insert into conversation (id, tenant, owner, title, tip)
    select %(conversation_id)s, %(tenant)s, %(owner)s, %(title)s, %(answer_id)s
    from place
    where %(may_begin)s or exists (select from known)
    on conflict (id) do update set tip = excluded.tip, updated_at = now()
    where conversation.tenant = excluded.tenant and conversation.owner = excluded.owner
    returning id
),
asked as (
    insert into message (id, conversation_id, parent_id, role, content)
    select %(question_id)s, opened.id, place.parent_id, 'user', %(text)s
    from opened, place
    on conflict (id) do nothing
),
answered as (
    insert into message (id, conversation_id, parent_id, role, content, model, alive_at)
    select %(answer_id)s, opened.id, %(question_id)s, 'assistant', '', %(model)s, now()
    from opened
    on conflict (id) do nothing
),
path as (
    select message.*, 1 as depth, length(message.content) as characters
    from message
    join place on message.id = place.parent_id
    where message.conversation_id = %(conversation_id)s
    union all
    select message.*, path.depth + 1, path.characters + length(message.content)
    from path
    join message on message.id = path.parent_id
    where path.depth < %(messages)s and path.characters < %(characters)s
)
select exists (select from known) as known, exists (select from opened) as opened, path.*
from (values (true)) as always
left join path on depth <= %(messages)s
order by depth desc;

-- name: begin_again
-- As begin_turn, with the question as the last message.
with recursive known as (
    select id from conversation where id = %(conversation_id)s and tenant = %(tenant)s and owner = %(owner)s
),
question as (
    select question.*
    from message as named
    join message as question on question.id = case named.role when 'user' then named.id else named.parent_id end
    where named.id = %(message_id)s and named.conversation_id = (select id from known)
),
opened as (
    update conversation set tip = %(answer_id)s, updated_at = now()
    from question
    where conversation.id = question.conversation_id
    returning conversation.id
),
answered as (
    insert into message (id, conversation_id, parent_id, role, content, model, alive_at)
    select %(answer_id)s, question.conversation_id, question.id, 'assistant', '', %(model)s, now()
    from question
    on conflict (id) do nothing
),
path as (
    select question.*, 0 as depth, 0 as characters from question
    union all
    select message.*, path.depth + 1, path.characters + length(message.content)
    from path
    join message on message.id = path.parent_id
    where path.depth < %(messages)s and path.characters < %(characters)s
)
select exists (select from known) as known, exists (select from question) as opened, path.*
from (values (true)) as always
left join path on true
order by depth desc;

-- name: save_answer
-- Events of answers that began before `horizon` go, a few with each answer that ends; keys are in the order of time.
-- Sources are long and stay the same: PostgreSQL, which keeps them beside the row, then does not write them again.
with saved as (
    update message
    set content = %(content)s,
        citations = %(citations)s,
        sources = case when sources = %(sources)s then sources else %(sources)s end,
        model = %(model)s,
        finish_reason = %(finish_reason)s,
        prompt_tokens = %(prompt_tokens)s,
        completion_tokens = %(completion_tokens)s,
        alive_at = now()
    from conversation
    where message.id = %(id)s
      and conversation.id = message.conversation_id
      and conversation.tenant = %(tenant)s
      and conversation.owner = %(owner)s
    returning message.id, message.stop_requested
),
recorded as (
    insert into answer_event (message_id, first, last, events)
    select id, %(first)s, %(last)s, %(events)s::json
    from saved
    where %(events)s::json is not null
    on conflict (message_id, first) do nothing
),
swept as (
    delete from answer_event
    where %(finish_reason)s::text is not null
      and ctid = any(array(
          select ctid from answer_event where message_id < %(horizon)s limit 100 for update skip locked
      ))
)
select stop_requested from saved;

-- name: keep_alive
with known as (
    select message.id, message.alive_at, message.stop_requested
    from message
    join conversation on conversation.id = message.conversation_id
    where message.id = %(id)s and conversation.tenant = %(tenant)s and conversation.owner = %(owner)s
),
signed as (
    update message set alive_at = now()
    from known
    where message.id = known.id and known.alive_at < now() - make_interval(secs => %(sign_after)s)
)
select stop_requested from known;

-- name: recorded_events
-- One row a batch; one row without a batch when there is nothing new.
select message.*, alive.*, batch.first, batch.events
from message
join conversation on conversation.id = message.conversation_id
cross join lateral (
    select
        message.alive_at > now() - make_interval(secs => %(dead_after)s) as alive,
        exists (select from answer_event where message_id = message.id) as kept
) as alive
left join lateral (
    select first, events from answer_event where message_id = message.id and last > %(after)s
) as batch on true
where message.id = %(id)s
  and message.role = 'assistant'
  and conversation.id = %(conversation_id)s
  and conversation.tenant = %(tenant)s
  and conversation.owner = %(owner)s
order by batch.first;

-- name: stop_answers
-- One row an answer that is asked to end; one row without for a conversation that has none; no row for no conversation.
with known as (
    select id from conversation where id = %(conversation_id)s and tenant = %(tenant)s and owner = %(owner)s
),
stopped as (
    update message set stop_requested = true
    from known
    where message.conversation_id = known.id and message.role = 'assistant' and message.finish_reason is null
      and message.alive_at > now() - make_interval(secs => %(dead_after)s)
    returning message.id
)
select stopped.id from known left join stopped on true order by stopped.id;

-- name: load_conversation
-- One row a message, newest last; one row without a message for an empty conversation.
select
    conversation.title,
    conversation.titled_by,
    conversation.tip,
    conversation.created_at as begun_at,
    conversation.updated_at,
    message.alive_at > now() - make_interval(secs => %(dead_after)s) as alive,
    message.*
from conversation
left join lateral (
    select * from message where message.conversation_id = conversation.id order by id desc limit %(messages)s
) as message on true
where conversation.id = %(conversation_id)s and conversation.tenant = %(tenant)s and conversation.owner = %(owner)s
order by message.id;

-- name: page_conversations
select id, title, titled_by, tip, created_at, updated_at
from conversation
where tenant = %(tenant)s
  and owner = %(owner)s
  and (%(search)s::text is null or title ilike %(search)s)
  and (%(after_time)s::timestamptz is null or (updated_at, id) < (%(after_time)s, %(after_id)s))
order by updated_at desc, id desc
limit %(limit)s;

-- name: rename_conversation
update conversation
set title = case when array_position(%(order)s::text[], titled_by) <= array_position(%(order)s::text[], %(by)s)
        then %(title)s else title end,
    titled_by = case when array_position(%(order)s::text[], titled_by) <= array_position(%(order)s::text[], %(by)s)
        then %(by)s else titled_by end
where id = %(conversation_id)s and tenant = %(tenant)s and owner = %(owner)s
returning id;

-- name: select_branch
-- A message is newer than the one it follows, so that the newest of a branch is an end of it.
with recursive known as (
    select id from conversation where id = %(conversation_id)s and tenant = %(tenant)s and owner = %(owner)s
),
branch as (
    select message.id from message join known on message.conversation_id = known.id where message.id = %(message_id)s
    union all
    select message.id
    from branch
    join message on message.parent_id = branch.id and message.conversation_id = %(conversation_id)s
),
selected as (
    update conversation
    set tip = (select id from branch order by id desc limit 1)
    from known
    where conversation.id = known.id and exists (select from branch)
    returning conversation.id
)
select exists (select from selected) as selected from known;

-- name: delete_conversation
delete from conversation
where id = %(conversation_id)s and tenant = %(tenant)s and owner = %(owner)s
returning id;
