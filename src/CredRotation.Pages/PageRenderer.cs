using Microsoft.AspNetCore.Components;
using Microsoft.AspNetCore.Components.Web;
using Microsoft.Extensions.Logging;

namespace CredRotation.Pages;

/// <summary>Renders a page and its model to a whole HTML document, every text encoded.</summary>
public sealed class PageRenderer(IServiceProvider services, ILoggerFactory loggers)
{
    /// <param name="nav">Null: a page without a way on, as one that tells of a problem.</param>
    public async Task<string> RenderAsync<TPage>(object model, PageNav? nav = null)
        where TPage : IComponent
    {
        await using var renderer = new HtmlRenderer(services, loggers);
        return await renderer.Dispatcher.InvokeAsync(async () =>
        {
            RenderFragment whole = builder =>
            {
                builder.OpenComponent<TPage>(0);
                builder.AddComponentParameter(1, "Model", model);
                builder.CloseComponent();
            };
            var page = await renderer.RenderComponentAsync<CascadingValue<PageNav?>>(ParameterView.FromDictionary(new Dictionary<string, object?> { ["Value"] = nav, ["IsFixed"] = true, ["ChildContent"] = whole }));
            return $"<!DOCTYPE html>\n{page.ToHtmlString()}\n";
        });
    }
}
