package eventsource

import (
	"context"
	"errors"
	"io"
)

// ReadPush calls each for the events of the server at url until it ends the stream.
func ReadPush(ctx context.Context, url string, each func([]byte)) error {
	stream, err := Open(ctx, url)
	if err != nil {
		return err
	}
	defer stream.Close()
	for {
		message, err := stream.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		each(message)
	}
}
