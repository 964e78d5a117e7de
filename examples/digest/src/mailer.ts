import { mkdir, writeFile } from "node:fs/promises";

export interface Email {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
}

/** What a mail server answers: 250 took it, 450 can't for now, 550 never will. */
export type Answer = 250 | 450 | 550;

export const mailer = {
  /** Writes the email to out/ in the place of a mail server. Tests put a function of their own here. */
  async send(email: Email): Promise<Answer> {
    await mkdir("out", { recursive: true });
    await writeFile(`out/${encodeURIComponent(email.to)}-${Date.now()}.txt`, `${email.subject}\n\n${email.text}\n`);
    return 250;
  },
};
