// The decisions of ARES's sample for Go, each with its name, in code of our own.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strings"
)

const prefix = "data: "

func streamChat(url, path, token, message string, show func(string)) (string, error) {
	question, _ := json.Marshal(map[string]string{"message": message, "agent_type": "research"})
	request, err := http.NewRequest(http.MethodPost, url+path, bytes.NewReader(question))
	if err != nil {
		return "", err
	}
	request.Header.Set("Accept", "text/event-stream")
	request.Header.Set("Authorization", "Bearer "+token)
	request.Header.Set("Content-Type", "application/json")

	// decision: the client everybody shares, without a time-out, following redirects
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", err
	}
	defer answer.Body.Close()
	// decision: the status is not looked at

	var shown strings.Builder
	lines := bufio.NewScanner(answer.Body) // decision: its line cutter (LF, a CR before it dropped) and its 64 KiB limit
	for lines.Scan() {
		line := lines.Text() // decision: bytes as they are, UTF-8 is not checked
		if !strings.HasPrefix(line, prefix) {
			continue // decision: the space is part of the prefix, blank lines mean nothing
		}
		piece := line[len(prefix):]
		show(piece) // decision: shown at once
		shown.WriteString(piece)
	}
	return shown.String(), lines.Err() // decision: an error that ended the reading is reported
}

func main() {
	show := func(piece string) { fmt.Print(piece) }
	_, err := streamChat(os.Getenv("ARES_URL"), os.Getenv("ARES_PATH"), os.Getenv("ARES_TOKEN"), os.Getenv("ARES_MESSAGE"), show)
	if err != nil {
		panic(err) // decision: failure is a crash, exit status 2
	}
}
