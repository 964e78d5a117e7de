const escaped = (text: string) => text.replace(/[&<>"]/g, (sign) => `&#${sign.charCodeAt(0)};`);

/** Asks for a token. It needs no style sheet, since nobody is known yet who might load one. */
export const LOGIN_PAGE = (message: string): string => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>Fivefold console</title>
<main>
<h1>Fivefold console</h1>
${message ? `<p role="alert">${escaped(message)}</p>` : ""}
<p>Open the address that <code>fivefold dev</code> printed, or sign in with your token.</p>
<form method="post" action="/login">
<p><label>Token <input name="token" type="password" autocomplete="current-password" required></label>
<button>Sign in</button></p>
</form>
</main>
</html>
`;
