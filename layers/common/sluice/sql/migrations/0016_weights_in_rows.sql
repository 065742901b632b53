-- The words' weights lie in their rows, as the searched vectors do: a search by words reads them of many chunks, and
-- those that lie apart take three times as long. Texts and lexemes make room. It holds for what is written from now on.
alter table chunk alter term_weights set storage main;
