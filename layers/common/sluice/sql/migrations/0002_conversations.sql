-- Conversations of users, branches, and answers that are recorded while they stream.

alter table conversation
    add column owner text not null default '',
    -- The last message of the path that is being read.
    add column tip uuid,
    add column titled_by text not null default 'question' check (titled_by in ('question', 'model', 'user'));

drop index conversation_by_age;
create index conversation_by_use on conversation (tenant, owner, updated_at desc, id desc);

-- No foreign key on the parent: it is checked when a message is written, and messages are only deleted all together.
alter table message
    add column parent_id uuid,
    add column sources jsonb not null default '[]',
    -- The last sign of the environment that makes this answer.
    add column alive_at timestamptz,
    add column stop_requested boolean not null default false;

-- Until now a conversation was a line.
update message
set parent_id = (
    select earlier.id from message as earlier
    where earlier.conversation_id = message.conversation_id and earlier.id < message.id
    order by earlier.id desc
    limit 1
);
update message set finish_reason = 'interrupted' where role = 'assistant' and finish_reason is null;
update conversation
set tip = (select id from message where conversation_id = conversation.id order by id desc limit 1);

-- What an answer's readers were sent, in batches, for those that lost the connection. Kept for about an hour.
create table answer_event (
    message_id uuid not null references message on delete cascade,
    -- The numbers of the first and the last event of the batch.
    first integer not null,
    last integer not null,
    events json not null,
    primary key (message_id, first)
);
