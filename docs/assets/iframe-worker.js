// Opened from a folder, a page may start no worker, and would have no search: a hidden frame runs the worker's script.
if (location.protocol === "file:")
  window.Worker = class extends EventTarget {
    constructor(url) {
      super()
      const frame = document.createElement("iframe")
      frame.hidden = true
      frame.srcdoc = `<script>postMessage = data => parent.postMessage(data, "*")</script><script src="${url}"></script>`
      this.loaded = new Promise(done => frame.addEventListener("load", () => done(frame.contentWindow)))
      window.addEventListener("message", event => {
        if (event.source === frame.contentWindow)
          this.dispatchEvent(new MessageEvent("message", { data: event.data }))
      })
      document.body.append(frame)
    }

    async postMessage(data) {
      // The frame's own postMessage now speaks to us.
      window.postMessage.call(await this.loaded, data, "*")
    }
  }
