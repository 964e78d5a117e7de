/** What a build says of an event type of a package: as it is, as `Portable`, or neither. */
export type Verdict = "accepted" | "portable" | "refused";

export interface PackageType {
  readonly type: string;
  /** What brings it into a module. */
  readonly statement: string;
  readonly verdict: Verdict;
}

/** Of each module, types by verdict. */
const TYPES: Readonly<Record<string, Partial<Record<Verdict, readonly string[]>>>> = {
  stripe: {
    refused: ["Stripe.Event"],
    portable: ["Stripe.Invoice", "Stripe.Charge", "Stripe.PaymentIntent", "Stripe.Customer"],
  },
  "@slack/types": { refused: ["MessageEvent", "AppMentionEvent", "SlackEvent", "KnownBlock", "MessageAttachment"] },
  "@octokit/webhooks-types": {
    accepted: ["PushEvent", "PullRequestEvent"],
    portable: ["WorkflowDispatchEvent", "PackageEvent"],
    refused: ["WebhookEvent"],
  },
  "aws-lambda": {
    accepted: ["S3Event", "SQSEvent", "CloudFrontRequestEvent"],
    portable: ["APIGatewayProxyEvent", "DynamoDBStreamEvent", "CloudFormationCustomResourceEvent"],
  },
  geojson: { portable: ["Feature", "FeatureCollection"] },
  cloudevents: { refused: ["CloudEventV1<{ id: string }>"] },
  "discord-api-types/v10": {
    accepted: ["APIMessage", "APIGuild", "APIUser", "GatewayMessageCreateDispatch"],
    refused: ["APIInteraction"],
  },
  "har-format": { portable: ["Har"], refused: ["Entry"] },
  "json-schema": { portable: ["JSONSchema7"] },
  "openapi-types": { portable: ["OpenAPIV3.Document"] },
  "vega-lite": { refused: ["TopLevelSpec"] },
  "kubernetes-types/core/v1.js": { accepted: ["Pod", "Secret"] },
  "kubernetes-types/apps/v1.js": { accepted: ["Deployment"] },
  "@kubernetes/client-node": { portable: ["V1Pod", "V1Job", "KubernetesObject"] },
  plaid: { accepted: ["Transaction", "AccountBase"], portable: ["ItemErrorWebhook"] },
  "@line/bot-sdk": { accepted: ["webhook.MessageEvent", "webhook.CallbackRequest"] },
  "telegram-typings": { accepted: ["Update", "Message"] },
  pg: { portable: ["QueryResult"], accepted: ["FieldDef", "Notification"] },
  "express-serve-static-core": { refused: ["Request"] },
  "type-fest": { refused: ["PackageJson"], accepted: ["TsConfigJson"] },
  "@sentry/types": { portable: ["SentryEvent", "Breadcrumb"], refused: ["User"] },
  nodemailer: { portable: ["SendMailOptions"], refused: ["SentMessageInfo"] },
  "@aws-sdk/client-sqs": { accepted: ["Message", "SendMessageRequest"] },
  "@aws-sdk/client-s3": { accepted: ["ListObjectsV2Output", "Tagging"], portable: ["PutObjectRequest"] },
  chrome: { accepted: ["chrome.tabs.Tab", "chrome.cookies.Cookie", "chrome.bookmarks.BookmarkTreeNode"] },
  estree: { portable: ["Program"] },
  sarif: { portable: ["Log", "Result"] },
  axios: { portable: ["AxiosRequestConfig", "AxiosError", "AxiosResponse"] },
  "@hubspot/api-client": { portable: ["SimplePublicObject"] },
  "@linear/sdk": {
    portable: ["LinearRawResponse<{ id: string }>"],
    refused: ["EntityWebhookPayloadWithIssueData", "EntityWebhookPayloadWithCommentData"],
  },
  "mapbox-gl": { portable: ["Style", "AnySourceData"], refused: ["MapboxOptions"] },
  "schema-dts": { refused: ["Product", "Thing"] },
};

/** Where it is not `import type { name } from "module"`. */
const STATEMENTS: Readonly<Record<string, string>> = {
  stripe: 'import type Stripe from "stripe";',
  chrome: '/// <reference types="chrome" />',
  "openapi-types": 'import type { OpenAPIV3 } from "openapi-types";',
  "@line/bot-sdk": 'import type { webhook } from "@line/bot-sdk";',
  SentryEvent: 'import type { Event as SentryEvent } from "@sentry/types";',
  SimplePublicObject:
    'import type { SimplePublicObject } from "@hubspot/api-client/lib/codegen/crm/contacts/index.js";',
  EntityWebhookPayloadWithIssueData: 'import type { EntityWebhookPayloadWithIssueData } from "@linear/sdk/webhooks";',
  EntityWebhookPayloadWithCommentData:
    'import type { EntityWebhookPayloadWithCommentData } from "@linear/sdk/webhooks";',
};

export const PACKAGE_TYPES: readonly PackageType[] = Object.entries(TYPES).flatMap(([module, byVerdict]) =>
  Object.entries(byVerdict).flatMap(([verdict, types]) =>
    types.map((type) => ({
      type,
      statement: STATEMENTS[type] ?? STATEMENTS[module] ?? `import type { ${nameOf(type)} } from "${module}";`,
      verdict: verdict as Verdict,
    })),
  ),
);

/** Without arguments. */
function nameOf(type: string): string {
  return type.replace(/<.*/, "");
}
