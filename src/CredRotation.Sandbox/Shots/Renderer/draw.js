// Draws every message of window.messages with the official renderer, and keeps what it complained about in window.complaints.
"use strict";

(() => {
  const colours = (text, soft, accent, good, warning, attention) => {
    const pair = (value) => ({ default: value, subtle: value });
    return {
      default: { default: text, subtle: soft }, dark: pair(text), light: pair(text),
      accent: pair(accent), good: pair(good), warning: pair(warning), attention: pair(attention),
    };
  };

  // Like Teams': its fonts, sizes and colours, and links as the only actions.
  const hostConfig = (isDark) => new AdaptiveCards.HostConfig({
    fontFamily: "'Segoe UI', system-ui, 'Liberation Sans', sans-serif",
    fontSizes: { small: 12, default: 14, medium: 14, large: 18, extraLarge: 24 },
    fontWeights: { lighter: 400, default: 400, bolder: 600 },
    supportsInteractivity: true,
    actions: { actionsOrientation: "horizontal", actionAlignment: "left", buttonSpacing: 8, maxActions: 6, spacing: "default" },
    spacing: { small: 8, default: 12, medium: 16, large: 20, extraLarge: 24, padding: 16 },
    factSet: { title: { weight: "bolder", wrap: true, maxWidth: 150 }, value: { wrap: true }, spacing: 16 },
    containerStyles: {
      default: isDark
        ? { backgroundColor: "#292929", foregroundColors: colours("#ffffff", "#d6d6d6", "#a6a9ff", "#92c353", "#ffaa44", "#ff99a4") }
        : { backgroundColor: "#ffffff", foregroundColors: colours("#242424", "#616161", "#5b5fc7", "#237b4b", "#835c00", "#c4314b") },
    },
  });

  const markdown = window.markdownit({ html: false, linkify: false });
  AdaptiveCards.AdaptiveCard.onProcessMarkdown = (text, result) => {
    result.outputHtml = markdown.render(text);
    result.didProcess = true;
  };

  const draw = (isDark) => {
    window.complaints = [];
    const main = document.getElementById("cards");
    main.replaceChildren();
    document.documentElement.style.background = isDark ? "#1f1f1f" : "#f5f5f5";
    for (const message of window.messages) {
      for (const attachment of message.attachments) {
        const context = new AdaptiveCards.SerializationContext(new AdaptiveCards.Version(1, 5));
        const card = new AdaptiveCards.AdaptiveCard();
        card.hostConfig = hostConfig(isDark);
        card.parse(attachment.content, context);
        const events = [...Array(context.eventCount).keys()].map((index) => context.getEventAt(index));
        window.complaints.push(...events.map((event) => `parse: ${event.message}`));
        window.complaints.push(...card.validateProperties().validationEvents.map((event) => `validation: ${event.message}`));
        const frame = document.createElement("article");
        frame.append(card.render() ?? document.createTextNode("Nothing was drawn."));
        main.append(frame);
      }
    }
  };

  const look = matchMedia("(prefers-color-scheme: dark)");
  look.addEventListener("change", () => draw(look.matches));
  draw(look.matches);
})();
