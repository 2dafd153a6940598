package main

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
)

const (
	largestID    = 1<<53 - 1
	longestPage  = 1000
	collection   = "/tasks"
	prefix       = "/api/"
	bearerPrefix = "Bearer "
)

type api struct {
	store  *store
	tokens *verifier
}

// ServeHTTP answers /api/{user}/tasks and /api/{user}/tasks/{id}, to their own user only.
func (a *api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	user, id, ok := split(r.URL.Path)
	if !ok {
		problem(w, http.StatusNotFound, "No such path")
		return
	}
	header := r.Header.Get("Authorization")
	caller, err := a.tokens.user(strings.TrimPrefix(header, bearerPrefix))
	if err != nil || !strings.HasPrefix(header, bearerPrefix) {
		w.Header().Set("WWW-Authenticate", "Bearer")
		problem(w, http.StatusUnauthorized, "A valid bearer token is needed")
		return
	}
	if caller != user {
		problem(w, http.StatusForbidden, "Not your tasks")
		return
	}
	if id == "" {
		a.serveTasks(w, r, user)
	} else {
		a.serveTask(w, r, user, id)
	}
}

func (a *api) serveTasks(w http.ResponseWriter, r *http.Request, user string) {
	switch r.Method {
	case http.MethodGet:
		a.list(w, r, user)
	case http.MethodPost:
		a.create(w, r, user)
	default:
		w.Header().Set("Allow", "GET, POST")
		problem(w, http.StatusMethodNotAllowed, "No such method")
	}
}

func (a *api) serveTask(w http.ResponseWriter, r *http.Request, user, id string) {
	task, err := strconv.ParseInt(id, 10, 64)
	if err != nil || task < 1 || task > largestID {
		problem(w, http.StatusUnprocessableEntity, "task_id: not an id")
		return
	}
	switch r.Method {
	case http.MethodGet:
		found, err := a.store.get(r.Context(), user, task)
		answer(w, http.StatusOK, found, err)
	case http.MethodPatch:
		a.patch(w, r, user, task)
	default:
		w.Header().Set("Allow", "GET, PATCH")
		problem(w, http.StatusMethodNotAllowed, "No such method")
	}
}

func (a *api) list(w http.ResponseWriter, r *http.Request, user string) {
	limit, cursor, err := page(r)
	if err != nil {
		problem(w, http.StatusUnprocessableEntity, err.Error())
		return
	}
	found, err := a.store.list(r.Context(), user, limit, cursor)
	answer(w, http.StatusOK, found, err)
}

func (a *api) create(w http.ResponseWriter, r *http.Request, user string) {
	var body taskCreate
	if err := read(w, r, &body); err != nil {
		problem(w, http.StatusUnprocessableEntity, err.Error())
		return
	}
	made, err := a.store.create(r.Context(), user, &body)
	answer(w, http.StatusCreated, made, err)
}

func (a *api) patch(w http.ResponseWriter, r *http.Request, user string, id int64) {
	var body taskPatch
	if err := read(w, r, &body); err != nil {
		problem(w, http.StatusUnprocessableEntity, err.Error())
		return
	}
	changed, err := a.store.patch(r.Context(), user, id, &body)
	answer(w, http.StatusOK, changed, err)
}

// split returns the user and, unless it is the path of the collection, the text of the id.
func split(path string) (user, id string, ok bool) {
	rest := strings.TrimPrefix(path, prefix)
	user, rest, _ = strings.Cut(rest, "/")
	rest = "/" + rest
	if !strings.HasPrefix(path, prefix) || user == "" {
		return "", "", false
	}
	if rest == collection {
		return user, "", true
	}
	id = strings.TrimPrefix(rest, collection+"/")
	return user, id, id != "" && id != rest && !strings.Contains(id, "/")
}

// page returns the query's limit and cursor, which is 0 where there is none.
func page(r *http.Request) (limit int, cursor int64, err error) {
	query := r.URL.Query()
	limit = longestPage
	if text := query.Get("limit"); text != "" {
		limit, err = strconv.Atoi(text)
		if err != nil || limit < 1 || limit > longestPage {
			return 0, 0, errors.New("limit: not an integer from 1 to 1000")
		}
	}
	if text := query.Get("cursor"); text != "" {
		cursor, err = strconv.ParseInt(text, 10, 64)
		if err != nil || cursor < 1 || cursor > largestID {
			return 0, 0, errors.New("cursor: not a cursor")
		}
	}
	return limit, cursor, nil
}
