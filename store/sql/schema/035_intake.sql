-- Parties load faster, and a source can gain columns.

-- Normalising what parties gave took half of the time of loading them: docs/loading.md says in words what it does. Now they are expressions that the
-- planner puts into the statement, and of a usual address one regular expression is left. Not one value changes.

CREATE FUNCTION aml.without_accents(value text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE
    WHEN octet_length(value) = length(value) THEN lower(value)  -- ASCII
    -- Decompose, drop the accents, then lower: so it works whatever the database's locale.
    ELSE replace(replace(replace(replace(replace(
           lower(translate(regexp_replace(normalize(value, NFKD), U&'[\0300-\036F]', '', 'g'), U&'\00D8\00F8\0141\0142\0110\0111\0131', 'OoLlDdi')),
           U&'\00DF', 'ss'), U&'\00E6', 'ae'), U&'\0153', 'oe'), U&'\00C6', 'ae'), U&'\0152', 'oe')
  END
$$;
COMMENT ON FUNCTION aml.without_accents IS 'The text in lower case, and with plain letters for those with accents and for ligatures.';

-- What separates words is a blank first. A run of blanks then becomes two: each is followed by a mark, of which only the last stays.
CREATE FUNCTION aml.words_apart(value text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT replace(replace(replace(
           ' ' || regexp_replace(replace(replace(replace(replace(value, '.', ''), '''', ''), U&'\2018', ''), U&'\2019', ''),
                                 U&'[\0001-\001F!-\002F\003A-\0040\005B-\0060\007B-\00BF\2000-\206F\3000-\303F]', ' ', 'g') || ' ',
           ' ', E' \x01'), E'\x01 ', ''), E'\x01', ' ')
$$;
COMMENT ON FUNCTION aml.words_apart IS 'The words of a text with two blanks before and behind each. Apostrophes and full stops inside a word vanish (O''Neill, P.O.), other punctuation separates words.';

-- Each word has blanks of its own, so that of two that stand side by side both are found.
CREATE FUNCTION aml.with_short_words(value text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(
         replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(replace(
           replace(value, 'strasse ', 'str '),
           ' street ', ' st '), ' str ', ' st '), ' avenue ', ' ave '), ' av ', ' ave '), ' road ', ' rd '), ' drive ', ' dr '), ' lane ', ' ln '),
           ' boulevard ', ' blvd '), ' court ', ' ct '), ' place ', ' pl '), ' square ', ' sq '), ' terrace ', ' ter '), ' highway ', ' hwy '),
           ' parkway ', ' pkwy '), ' circle ', ' cir '), ' crescent ', ' cres '), ' close ', ' cl '), ' gardens ', ' gdns '),
           ' apartment ', ' apt '), ' suite ', ' ste '), ' floor ', ' fl '), ' building ', ' bldg '), ' number ', ' no '),
           ' north ', ' n '), ' south ', ' s '), ' east ', ' e '), ' west ', ' w '), ' saint ', ' st '), ' mount ', ' mt ')
$$;
COMMENT ON FUNCTION aml.with_short_words IS 'A text of aml.words_apart() with usual words of addresses shortened.';

CREATE OR REPLACE FUNCTION aml.normalise_address(value text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT nullif(btrim(replace(aml.with_short_words(aml.words_apart(aml.without_accents(value))), '  ', ' ')), '')
$$;

CREATE OR REPLACE FUNCTION aml.normalise_phone(value text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT CASE
    WHEN left(ltrim(value, ' ('), 1) = '+' OR left(ltrim(value, ' ('), 2) = '00'
    THEN nullif('+' || ltrim(regexp_replace(replace(replace(value, '(0)', ''), ' ', ''), '[^0-9]+', '', 'g'), '0'), '+')
    ELSE nullif(regexp_replace(replace(value, ' ', ''), '[^0-9]+', '', 'g'), '')
  END
$$;

-- Which columns a source had, however many batches it gave: rows that it gave under others are known by their keys.
CREATE INDEX ingested_files_source ON aml.ingested_files (path, schema_id, file_id) WHERE kind = 'table';
