// A driver for a Go client: go build -o driver . && mock-ares check --driver -- ./driver
package main

import (
	"encoding/json"
	"errors"
	"os"
	"strings"
	"unicode/utf8"
)

type request struct {
	ID          int `json:"id"`
	URL         string
	Path        string
	Token       string
	Message     string
	CancelAfter *int `json:"cancel_after"`
}

type fields = map[string]any

var errStopped = errors.New("stopped by the caller")

func main() {
	requests := json.NewDecoder(os.Stdin)
	messages := json.NewEncoder(os.Stdout) // a line for each, written at once
	say := func(message fields) {
		if messages.Encode(message) != nil {
			os.Exit(1) // nobody listens
		}
	}
	say(fields{"protocol": 1, "name": "go", "capabilities": []string{"incremental", "cancel", "gzip", "v1"}})
	for {
		var asked request
		if requests.Decode(&asked) != nil {
			return
		}
		answer(asked, say)
	}
}

func answer(asked request, say func(fields)) {
	var shown strings.Builder
	count := 0
	show := func(piece string) error {
		shown.WriteString(piece)
		count += utf8.RuneCountInString(piece)
		say(fields{"id": asked.ID, "piece": piece})
		if asked.CancelAfter != nil && count >= *asked.CancelAfter {
			return errStopped
		}
		return nil
	}
	err := streamChat(asked.URL+asked.Path, asked.Token, asked.Message, show) // your client in its place
	if err != nil && err != errStopped {
		say(fields{"id": asked.ID, "error": err.Error()})
	} else {
		say(fields{"id": asked.ID, "text": shown.String()})
	}
}
