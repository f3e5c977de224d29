package eventsource

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
)

// CallEcho sends messages to the server at url, each as a POST, and calls each for the reply to each of
// them, an event.
func CallEcho(ctx context.Context, url string, messages [][]byte, each func([]byte)) error {
	url += "?client=" + rand.Text() // the server needs it to find the stream
	stream, err := Open(ctx, url)
	if err != nil {
		return err
	}
	defer stream.Close()
	for _, message := range messages {
		if err := post(ctx, url, message); err != nil {
			return err
		}
		reply, err := stream.Next()
		if err != nil {
			return err
		}
		each(reply)
	}
	return nil
}

func post(ctx context.Context, url string, message []byte) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, url, bytes.NewReader(message))
	if err != nil {
		return err
	}
	req.Header.Set("Content-Type", "text/plain")
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusNoContent {
		return fmt.Errorf("POST %s: status %s", url, resp.Status)
	}
	return nil
}
