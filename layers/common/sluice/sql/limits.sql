-- name: admit
select * from sluice_admit(%(limits)s, %(hold_id)s, %(tokens)s, %(dollars)s, %(seconds)s);

-- name: extend
select * from sluice_extend(%(limits)s, %(hold_id)s, %(tokens)s, %(dollars)s);

-- name: settle
-- A hold is settled once: it is gone afterwards. Without one, the spending is booked as it is.
with released as (
    delete from hold where id = %(hold_id)s
    returning subject
),
charged as (
    select subject from released
    union all
    select unnest(%(subjects)s::text[]) where %(hold_id)s::uuid is null
)
insert into spending (subject, day, answers, prompt_tokens, completion_tokens, dollars)
select subject, (now() at time zone 'utc')::date, %(answers)s, %(prompt_tokens)s, %(completion_tokens)s, %(dollars)s
from charged
where %(booked)s
on conflict (subject, day) do update set
    answers = spending.answers + excluded.answers,
    prompt_tokens = spending.prompt_tokens + excluded.prompt_tokens,
    completion_tokens = spending.completion_tokens + excluded.completion_tokens,
    dollars = spending.dollars + excluded.dollars;

-- name: used
select * from sluice_used(%(subject)s, now());

-- name: daily
-- A row for each of the last days, today (UTC) the last, also where nothing was spent.
select
    asked.day,
    coalesce(spending.answers, 0) as answers,
    coalesce(spending.prompt_tokens, 0) as prompt_tokens,
    coalesce(spending.completion_tokens, 0) as completion_tokens,
    coalesce(spending.dollars, 0) as dollars
from (
    select (now() at time zone 'utc')::date - ago as day from generate_series(0, %(days)s::integer - 1) as ago
) as asked
left join spending on spending.subject = %(subject)s and spending.day = asked.day
order by asked.day;
