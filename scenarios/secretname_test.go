package scenarios

import "testing"

func TestSecretNames(t *testing.T) {
	t.Parallel()
	secrets := []string{
		"Authorization", "authorization", "Proxy-Authorization", "auth", "X-Auth", "x-auth-token", "authToken", "AuthToken", "AUTH_TOKEN",
		"Cookie", "token", "Token", "access_token", "accessToken", "accesstoken", "ID_TOKEN", "idToken", "x-csrf-token", "xsrfToken",
		"api_key", "apikey", "apiKey", "APIKey", "APIKEY", "x-api-key", "X-API-Key", "api.key", "Ocp-Apim-Subscription-Key", "key", "k8s.key",
		"password", "Password", "user_password", "userPassword", "passwd", "pwd", "passphrase", "secret", "client_secret", "clientSecret",
		"clientsecret", "sig", "signature", "X-Amz-Signature", "X-Hub-Signature-256", "jwt", "bearer", "credentials", "X-Amz-Credential",
		"session_id", "sessionId", "sessionid", "session-token", "sessionToken", "x-goog-api-key", "oauth_token", "OAuth2",
	}
	plain := []string{
		"author", "Author", "X-Author", "authority", "X-Authority", "authored_by", "monkey", "Monkey", "X-Monkey", "keyboard", "turkey", "donkey",
		"hockey", "keyword", "keywords", "tokens", "max_tokens", "maxTokens", "tokenizer", "secretary", "signal", "design", "assignee",
		"passenger", "compass", "topic", "room", "user", "session", "X-Session", "id", "q", "Accept-Language", "User-Agent", "", "-", "ключ",
	}
	for _, name := range secrets {
		if !Secretive(name) {
			t.Errorf("%q is not taken for a secret", name)
		}
	}
	for _, name := range plain {
		if Secretive(name) {
			t.Errorf("%q is taken for a secret", name)
		}
	}
}
