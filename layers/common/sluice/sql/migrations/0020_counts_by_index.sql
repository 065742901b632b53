-- Counts of words are added up by the index also in sessions that planned this when nothing was appended to them yet: they
-- read all that was appended since, once for each word of a question.
alter function sluice_question(text, text, text, text, float8) set enable_seqscan = off;
alter function sluice_has_few(text, bigint) set enable_seqscan = off;
