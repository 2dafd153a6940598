package main

import (
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"strings"
	"time"
	"unicode/utf8"
)

const (
	longestBody        = 1 << 20 // bytes
	longestTitle       = 200     // characters, as the rest
	longestDescription = 1000
	longestTag         = 50
	mostTags           = 20
	dayLayout          = "2006-01-02"
	minuteLayout       = "2006-01-02T15:04"
)

var priorities = [...]string{"none", "low", "medium", "high", "urgent"}

// A field of a body: whether it was sent, whether as null, and its value.
type field[T any] struct {
	sent, null bool
	value      T
}

func (f *field[T]) UnmarshalJSON(text []byte) error {
	f.sent = true
	if string(text) == "null" {
		f.null = true
		return nil
	}
	return json.Unmarshal(text, &f.value)
}

// pointer returns nil for what was not sent or is null, which is NULL in a statement.
func (f *field[T]) pointer() *T {
	if !f.sent || f.null {
		return nil
	}
	return &f.value
}

type taskCreate struct {
	Title       field[string]   `json:"title"`
	Description field[string]   `json:"description"`
	DueDate     field[string]   `json:"due_date"`
	Priority    field[string]   `json:"priority"`
	Tags        field[[]string] `json:"tags"`
}

type taskPatch struct {
	taskCreate
	Complete field[bool] `json:"complete"`
}

type body interface{ invalid() error }

// read decodes the whole body and validates it.
func read(w http.ResponseWriter, r *http.Request, into body) error {
	if kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type")); err != nil || kind != "application/json" {
		return errors.New("Content-Type: not application/json")
	}
	decoder := json.NewDecoder(http.MaxBytesReader(w, r.Body, longestBody))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(into); err != nil {
		return errors.New("the body is not a task's JSON")
	}
	if _, err := decoder.Token(); err != io.EOF {
		return errors.New("the body goes on after its JSON")
	}
	return into.invalid()
}

func (t *taskCreate) invalid() error {
	if !t.Title.sent {
		return errors.New("title: missing")
	}
	return t.anyInvalid()
}

func (t *taskPatch) invalid() error {
	nothing := !t.Title.sent && !t.Description.sent && !t.Complete.sent &&
		!t.DueDate.sent && !t.Priority.sent && !t.Tags.sent
	if nothing {
		return errors.New("nothing to change")
	}
	if t.Complete.null {
		return errors.New("complete: not true or false")
	}
	return t.anyInvalid()
}

func (t *taskCreate) anyInvalid() error {
	switch {
	case t.Title.sent && !isText(t.Title.value, 1, longestTitle): // null is an empty text here
		return errors.New("title: not a text of 1 to 200 characters")
	case !isText(t.Description.value, 0, longestDescription):
		return errors.New("description: more than 1000 characters")
	case t.DueDate.sent && !t.DueDate.null && !isDue(t.DueDate.value):
		return errors.New("due_date: not a day, or a minute of one")
	case t.Priority.sent && rank(t.Priority.value) < 0:
		return errors.New("priority: not one of five")
	case t.Tags.null || !areTags(t.Tags.value):
		return errors.New("tags: not up to 20 different texts of 1 to 50 characters")
	}
	return nil
}

func isText(text string, shortest, longest int) bool {
	count := utf8.RuneCountInString(text)
	return shortest <= count && count <= longest && strings.IndexByte(text, 0) < 0
}

func isDue(text string) bool {
	layout := dayLayout
	if len(text) > len(dayLayout) {
		layout = minuteLayout
	}
	due, err := time.Parse(layout, text)
	return err == nil && len(text) == len(layout) && due.Year() > 0
}

func areTags(tags []string) bool {
	if len(tags) > mostTags {
		return false
	}
	for at, tag := range tags {
		if !isText(tag, 1, longestTag) {
			return false
		}
		for _, earlier := range tags[:at] {
			if tag == earlier {
				return false
			}
		}
	}
	return true
}

// rank returns the number that a row has for a priority, and -1 where there is no such one.
func rank(priority string) int16 {
	for number, name := range priorities {
		if name == priority {
			return int16(number)
		}
	}
	return -1
}
