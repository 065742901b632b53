-- A document says how many of its pages have no text: what stands on them no question finds.

-- Null where a kind has no pages, and for what was read before there was this column.
alter table document add column pages_without_text integer;
