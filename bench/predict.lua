-- One row a request, as JSON, for wrk; the row comes in the environment.
wrk.method = 'POST'
wrk.headers['Content-Type'] = 'application/json'
wrk.body = os.getenv('MLC_BODY')
