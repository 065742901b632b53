-- no-transaction
-- Finds what a tenant has embedded already, in whichever document, so that the same text is embedded once.

create index concurrently if not exists chunk_by_content on chunk (digest, tenant);
