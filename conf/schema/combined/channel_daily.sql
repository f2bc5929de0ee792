-- SPDX-License-Identifier: Apache-2.0
-- channel_daily: every source's sums by day, channel and currency, converted, then added up.
--
-- Rules, and why
--  * Levels are never added to each other: an account's ads, ad groups and campaigns are the same
--    money again. Of each (connector, account, day) one level of one stream counts: campaigns where
--    they are there (all money belongs to a campaign, and a campaign has a channel), then account,
--    ad group, ad; keywords, assets, places and search terms only where nothing else is there, as
--    platforms withhold part of those. Web analytics and search likewise: the stream without landing
--    pages, events, queries and pages, as only that one is whole. Messages: days of the event before
--    days of sending; automations are other messages than campaigns, so theirs is a choice of its own.
--  * Orders keep the marketing channel that their visit gave them. Without one they get rows of
--    their own by how they were made: Web shop, Store …, Shop where that is not known either. Test
--    orders do not count. So the revenue of all rows of a day is the net of all its orders.
--  * What mail platforms call revenue is their claim to a shop's orders, and what advertising
--    platforms call conversion value likewise: both are platform_conversion_value, never revenue.
--    A web analytics' own transactions are the shop's orders once more, and count nowhere.
--  * A CRM's leads are people with a stage of their own, not its contacts, subscribers and merged
--    or deleted ones; a deal counts as it is by its newest reading.
--  * costs_manual is spread over its days; the millionths that do not divide go to the first days.
--  * Money is converted with the newest rate of the day or the seven days before (weekends have
--    none), cost and value of a day with the same one. A missing rate makes the sum null, never 1.0.
--  * Nothing delivered is null, not 0.
--
-- fx(amount, from, to, day) converts; ratio() and per() divide exactly and give null on zero.
-- "days" holds the days to compute. A "days:" section says which days follow from changes of an
-- input, where they are not the changed days themselves; "changed" holds the changed days.

-- days: fx_rates
SELECT date(c.date, '+' || n.n || ' days') AS date FROM changed c
JOIN (SELECT 0 AS n UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3
      UNION ALL SELECT 4 UNION ALL SELECT 5 UNION ALL SELECT 6 UNION ALL SELECT 7) n;

-- days: costs_manual
-- The days it covers now, and the days it covered before: those whose coverage names its connector.
WITH RECURSIVE span(date, last) AS (
  SELECT date_from, date_to FROM costs_manual WHERE date_from <= date_to
  UNION
  SELECT date(date, '+1 day'), last FROM span WHERE date < last
)
SELECT date FROM span
UNION
SELECT d.date FROM channel_daily d
WHERE EXISTS (SELECT 1 FROM feeds f WHERE f.dataset = 'costs_manual'
              AND instr(',' || d.coverage || ',', ',' || f.connector || ',') > 0);

-- days: crm_people
-- Those whose leads are not what they were.
SELECT date FROM (
  SELECT created_date AS date,
         coalesce(nullif(channel, ''), 'Unassigned') AS channel, count(*) AS n
  FROM crm_people
  WHERE created_date IS NOT NULL AND deleted IS NOT 1 AND merged_into IS NULL
    AND lower(coalesce(lifecycle_stage, '')) NOT IN ('', 'contact', 'subscriber', 'other')
  GROUP BY 1, 2
  UNION ALL
  SELECT date, channel, -crm_leads FROM channel_daily WHERE crm_leads IS NOT NULL
)
GROUP BY date, channel HAVING sum(n) <> 0;

-- days: crm_deals
-- Where deals read anew were closed, and where there are more or fewer of them than there were.
SELECT closed_date AS date FROM crm_deals
WHERE closed_date IS NOT NULL AND as_of IN (SELECT date FROM changed)
UNION
SELECT date FROM (
  SELECT closed_date AS date, count(*) AS n
  FROM (SELECT *, row_number() OVER (PARTITION BY connector, account_id, deal_id
                                     ORDER BY as_of DESC) AS age FROM crm_deals)
  WHERE age = 1 AND closed_date IS NOT NULL AND is_won AND deleted IS NOT 1
  GROUP BY 1
  UNION ALL
  SELECT date, -deals_won FROM channel_daily WHERE deals_won IS NOT NULL
)
GROUP BY date HAVING sum(n) <> 0;

-- rows
WITH
ads_sums AS (
  SELECT date, connector, account_id,
         CASE level WHEN 'campaign' THEN 1 WHEN 'account' THEN 2 WHEN 'ad_group' THEN 3
                    WHEN 'ad' THEN 4 WHEN 'keyword' THEN 5 WHEN 'asset' THEN 6 WHEN 'geo' THEN 7
                    ELSE 8 END || level || ' ' || stream AS grain,
         coalesce(nullif(channel, ''), 'Unassigned') AS channel, nullif(currency, '') AS currency,
         sum(cost) AS cost, sum(impressions) AS impressions, sum(clicks) AS clicks,
         sum(leads) AS leads, sum(conversions) AS conversions, sum(conversion_value) AS value
  FROM ads_daily WHERE date IN (SELECT date FROM days)
  GROUP BY 1, 2, 3, 4, 5, 6
),
web_sums AS (
  SELECT date, connector, property_id AS account_id,
         stream, (landing_page <> '') + (event_name <> '') AS detail,
         coalesce(nullif(channel, ''), 'Unassigned') AS channel,
         sum(sessions) AS sessions, sum(engaged_sessions) AS engaged_sessions
  FROM web_daily WHERE date IN (SELECT date FROM days)
  GROUP BY 1, 2, 3, 4, 5, 6
),
-- A stream is as fine as its finest row: a visit may have begun on a page without a name.
web_grains AS (
  SELECT *, max(detail) OVER (PARTITION BY date, connector, account_id, stream) || ' ' || stream
            AS grain
  FROM web_sums
),
search_sums AS (
  SELECT date, connector, site AS account_id,
         stream, (query <> '') + (page <> '') + (appearance <> '') AS detail,
         coalesce(nullif(channel, ''), 'Organic Search') AS channel,
         sum(impressions) AS impressions, sum(clicks) AS clicks
  FROM search_daily WHERE date IN (SELECT date FROM days)
  GROUP BY 1, 2, 3, 4, 5, 6
),
search_grains AS (
  SELECT *, max(detail) OVER (PARTITION BY date, connector, account_id, stream) || ' ' || stream
            AS grain
  FROM search_sums
),
message_sums AS (
  SELECT date, connector, account_id, (basis <> 'event_date') || ' ' || stream AS grain,
         coalesce(nullif(channel, ''), 'Unassigned') AS channel, nullif(currency, '') AS currency,
         flow_id <> '' AS is_flow, sum(cost) AS cost, sum(clicks) AS clicks, sum(conversions) AS conversions,
         sum(revenue) AS value
  FROM messages_daily WHERE date IN (SELECT date FROM days)
  GROUP BY 1, 2, 3, 4, 5, 6, 7
),
order_sums AS (
  SELECT date, connector,
         CASE WHEN channel NOT IN ('', 'Unassigned') THEN channel
              ELSE CASE lower(sales_channel) WHEN 'web' THEN 'Web shop' WHEN 'pos' THEN 'Store'
                   WHEN 'app' THEN 'App' WHEN 'phone' THEN 'Phone'
                   WHEN 'marketplace' THEN 'Marketplace' WHEN 'social' THEN 'Social shop'
                   ELSE 'Shop' END END AS channel,
         nullif(currency, '') AS currency, count(*) AS orders, sum(is_first_order) AS new_customers,
         sum(net) AS revenue
  FROM orders WHERE date IN (SELECT date FROM days) AND is_test IS NOT 1
  GROUP BY 1, 2, 3, 4
),
manual_sums AS (
  SELECT date, connector, channel, currency,
         sum(cost / n + CASE WHEN i < abs(cost % n) THEN sign(cost) ELSE 0 END) AS cost
  FROM (SELECT d.date AS date, m.connector AS connector,
               coalesce(nullif(m.channel, ''), 'Unassigned') AS channel,
               nullif(m.currency, '') AS currency, m.cost AS cost,
               CAST(julianday(m.date_to) - julianday(m.date_from) AS INTEGER) + 1 AS n,
               CAST(julianday(d.date) - julianday(m.date_from) AS INTEGER) AS i
        FROM costs_manual m JOIN days d ON d.date BETWEEN m.date_from AND m.date_to)
  GROUP BY 1, 2, 3, 4
),
lead_sums AS (
  SELECT created_date AS date, connector,
         coalesce(nullif(channel, ''), 'Unassigned') AS channel, count(*) AS crm_leads
  FROM crm_people
  WHERE created_date IN (SELECT date FROM days) AND deleted IS NOT 1 AND merged_into IS NULL
    AND lower(coalesce(lifecycle_stage, '')) NOT IN ('', 'contact', 'subscriber', 'other')
  GROUP BY 1, 2, 3
),
-- Of the deals that were ever said to be closed on these days, what is said of them now.
deals_now AS (
  SELECT *, row_number() OVER (PARTITION BY connector, account_id, deal_id
                               ORDER BY as_of DESC) AS age
  FROM crm_deals
  WHERE (connector, account_id, deal_id) IN (
    SELECT connector, account_id, deal_id FROM crm_deals
    WHERE closed_date IN (SELECT date FROM days))
),
deal_sums AS (
  SELECT closed_date AS date, connector,
         coalesce(nullif(channel, ''), 'Unassigned') AS channel, nullif(currency, '') AS currency, count(*) AS deals_won,
         sum(amount) AS deal_value
  FROM deals_now
  WHERE age = 1 AND closed_date IN (SELECT date FROM days) AND is_won AND deleted IS NOT 1
  GROUP BY 1, 2, 3, 4
),
-- One grain per source, account and day; then all sources under the same columns.
facts(date, connector, channel, currency, cost, impressions, clicks, sessions, engaged_sessions,
      leads, orders, new_customers, revenue, conversions, value, crm_leads, deals_won,
      deal_value) AS (
  SELECT date, connector, channel, currency, cost, impressions, clicks, NULL, NULL,
         leads, NULL, NULL, NULL, conversions, value, NULL, NULL, NULL
  FROM (SELECT *, min(grain) OVER (PARTITION BY date, connector, account_id) AS best FROM ads_sums)
  WHERE grain = best
  UNION ALL
  SELECT date, connector, channel, NULL, NULL, NULL, NULL, sessions, engaged_sessions,
         NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
  FROM (SELECT *, min(grain) OVER (PARTITION BY date, connector, account_id) AS best
        FROM web_grains)
  WHERE grain = best
  UNION ALL
  SELECT date, connector, channel, NULL, NULL, impressions, clicks, NULL, NULL,
         NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
  FROM (SELECT *, min(grain) OVER (PARTITION BY date, connector, account_id) AS best
        FROM search_grains)
  WHERE grain = best
  UNION ALL
  SELECT date, connector, channel, currency, cost, NULL, clicks, NULL, NULL,
         NULL, NULL, NULL, NULL, conversions, value, NULL, NULL, NULL
  FROM (SELECT *, min(grain) OVER (PARTITION BY date, connector, account_id, is_flow) AS best
        FROM message_sums)
  WHERE grain = best
  UNION ALL
  SELECT date, connector, coalesce(nullif(channel, ''), 'Organic Social'), NULL, NULL,
         sum(impressions), sum(clicks), NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
         NULL, NULL, NULL
  FROM social_daily WHERE date IN (SELECT date FROM days)
  GROUP BY 1, 2, 3
  UNION ALL
  SELECT date, connector, channel, currency, NULL, NULL, NULL, NULL, NULL,
         NULL, orders, new_customers, revenue, NULL, NULL, NULL, NULL, NULL
  FROM order_sums
  UNION ALL
  SELECT date, connector, channel, currency, cost, NULL, NULL, NULL, NULL,
         NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
  FROM manual_sums
  UNION ALL
  SELECT date, connector, channel, NULL, NULL, NULL, NULL, NULL, NULL,
         NULL, NULL, NULL, NULL, NULL, NULL, crm_leads, NULL, NULL
  FROM lead_sums
  UNION ALL
  SELECT date, connector, channel, currency, NULL, NULL, NULL, NULL, NULL,
         NULL, NULL, NULL, NULL, NULL, NULL, NULL, deals_won, deal_value
  FROM deal_sums
),
-- Without a currency of the hub, a day whose money is all in one currency keeps that one; a day with
-- several has none, and fx() then converts nothing but zeros.
targets AS (
  SELECT date, coalesce(hub_currency(), CASE
           WHEN count(DISTINCT coalesce(currency, '')) = 1 THEN coalesce(max(currency), '') END)
         AS target
  FROM facts WHERE coalesce(cost, revenue, value, deal_value) IS NOT NULL
  GROUP BY date
),
converted AS (
  SELECT f.*, t.target AS target,
         fx(cost, coalesce(currency, ''), target, f.date) AS cost_to,
         fx(revenue, coalesce(currency, ''), target, f.date) AS revenue_to,
         fx(value, coalesce(currency, ''), target, f.date) AS value_to,
         fx(deal_value, coalesce(currency, ''), target, f.date) AS deal_value_to
  FROM facts f LEFT JOIN targets t ON t.date = f.date
),
totals AS (
  SELECT date, channel, nullif(max(target), '') AS currency,
         CASE WHEN count(cost) = count(cost_to) THEN sum(cost_to) END AS cost,
         sum(impressions) AS impressions, sum(clicks) AS clicks, sum(sessions) AS sessions,
         sum(engaged_sessions) AS engaged_sessions, sum(leads) AS leads, sum(orders) AS orders,
         sum(new_customers) AS new_customers,
         CASE WHEN count(revenue) = count(revenue_to) THEN sum(revenue_to) END AS revenue,
         sum(conversions) AS conversions,
         CASE WHEN count(value) = count(value_to) THEN sum(value_to) END AS value,
         sum(crm_leads) AS crm_leads, sum(deals_won) AS deals_won,
         CASE WHEN count(deal_value) = count(deal_value_to) THEN sum(deal_value_to) END
         AS deal_value
  FROM converted GROUP BY date, channel
),
whole_days AS (
  SELECT date, CASE WHEN count(cost) = count(cost_to) THEN sum(cost_to) END AS cost,
         CASE WHEN count(revenue) = count(revenue_to) THEN sum(revenue_to) END AS revenue
  FROM converted GROUP BY date
),
coverages AS (
  SELECT date, channel, group_concat(connector, ',') AS coverage
  FROM (SELECT DISTINCT date, channel, connector FROM facts ORDER BY date, channel, connector)
  GROUP BY date, channel
)
SELECT t.date, t.channel, t.currency, t.cost, t.impressions, t.clicks, t.sessions,
       t.engaged_sessions, t.leads, t.orders, t.new_customers, t.revenue,
       t.conversions AS platform_conversions, t.value AS platform_conversion_value,
       t.crm_leads, t.deals_won, t.deal_value,
       ratio(t.clicks, t.impressions) AS ctr, per(t.cost, t.clicks) AS cpc,
       per(t.cost, t.impressions, 1000) AS cpm, per(t.conversions, t.clicks) AS cvr,
       ratio(t.cost, t.conversions) AS cpa, ratio(t.value, t.cost) AS roas,
       ratio(w.revenue, w.cost) AS mer, per(t.revenue, t.orders) AS aov, c.coverage
FROM totals t JOIN whole_days w ON w.date = t.date
JOIN coverages c ON c.date = t.date AND c.channel = t.channel;
